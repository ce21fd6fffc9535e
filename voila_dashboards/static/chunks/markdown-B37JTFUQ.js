import{a}from"./chunk-BNJLGSRU.js";import"./chunk-4K3URXBC.js";export{a as default};
