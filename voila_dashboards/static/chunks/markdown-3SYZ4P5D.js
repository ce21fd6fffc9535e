import{a}from"./chunk-T64BVDPD.js";import"./chunk-QWGUPHKB.js";export{a as default};
