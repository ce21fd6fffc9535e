/* Caselog's view, built by `make web` from sources with SHA-256 946a64e31ad7532752268eecff1c395d2ff88d18ee3f97dd4d9803f87f48a833. */
import{wa as a}from"./chunks/chunk-2GTY5Y5V.js";export{a as default};
