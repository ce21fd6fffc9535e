import{Ia as a}from"./chunks/chunk-4K3URXBC.js";export{a as default};
