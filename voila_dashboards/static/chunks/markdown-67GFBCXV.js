import{a}from"./chunk-QTTMTBB7.js";import"./chunk-GPSTLJOH.js";export{a as default};
