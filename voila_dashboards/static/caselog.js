import{Ga as a}from"./chunks/chunk-SW2UTOEN.js";export{a as default};
