import{b as a}from"./chunk-T46HWI3K.js";import"./chunk-3UPWMBOD.js";import"./chunk-SOITUGM3.js";import"./chunk-4K3URXBC.js";export{a as default};
