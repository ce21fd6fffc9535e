/* Caselog's view, built by `make web` from sources with SHA-256 7799074927bb01449590b2118a5aa3cbd3453a863fa95528645781780784be8f. */
import{a}from"./chunk-NGO7IIJM.js";import"./chunk-L2MFWK5L.js";export{a as default};
