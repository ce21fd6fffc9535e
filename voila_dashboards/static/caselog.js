import{Ga as a}from"./chunks/chunk-QWGUPHKB.js";export{a as default};
