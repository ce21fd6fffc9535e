import{a}from"./chunk-WTOXN6QY.js";import"./chunk-SW2UTOEN.js";export{a as default};
