import{Ga as a}from"./chunks/chunk-GPSTLJOH.js";export{a as default};
