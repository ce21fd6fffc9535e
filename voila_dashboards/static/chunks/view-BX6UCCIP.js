import{c as a}from"./chunk-TIBEQFIX.js";import"./chunk-SOITUGM3.js";import"./chunk-4K3URXBC.js";export{a as default};
