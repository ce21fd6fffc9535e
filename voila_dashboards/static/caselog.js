/* Caselog's view, built by `make web` from sources with SHA-256 5d9e45235d16ac1afc1dbd523cb9871be9b2f9bc7f11ce9f668e947159f65d9e. */
import{wa as a}from"./chunks/chunk-XRFA4BKY.js";export{a as default};
