/* Caselog's view, built by `make web` from sources with SHA-256 946a64e31ad7532752268eecff1c395d2ff88d18ee3f97dd4d9803f87f48a833. */
import{j as o}from"./chunk-2GTY5Y5V.js";var e=({summary:d,children:l})=>o("details",{class:"cl-folds cl-folded",children:[o("summary",{children:d}),o("div",{class:"cl-body",children:l})]});export{e as a};
