import{g as a}from"./chunk-SYVEXFBY.js";import"./chunk-EHBPGARJ.js";import"./chunk-H4HX2EXC.js";import"./chunk-4K3URXBC.js";export{a as default};
