import{Q as a}from"./chunk-KH3SPIQT.js";export{a as start};
