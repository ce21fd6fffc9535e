/* Caselog's view, built by `make web` from sources with SHA-256 5d9e45235d16ac1afc1dbd523cb9871be9b2f9bc7f11ce9f668e947159f65d9e. */
import{j as o}from"./chunk-XRFA4BKY.js";var e=({summary:d,children:l})=>o("details",{class:"cl-folds cl-folded",children:[o("summary",{children:d}),o("div",{class:"cl-body",children:l})]});export{e as a};
