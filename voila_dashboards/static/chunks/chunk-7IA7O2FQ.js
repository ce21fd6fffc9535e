/* Caselog's view, built by `make web` from sources with SHA-256 7799074927bb01449590b2118a5aa3cbd3453a863fa95528645781780784be8f. */
import{j as o}from"./chunk-L2MFWK5L.js";var e=({summary:d,children:l})=>o("details",{class:"cl-folds cl-folded",children:[o("summary",{children:d}),o("div",{class:"cl-body",children:l})]});export{e as a};
