import{Q as a}from"./chunk-K6FDZVZ3.js";export{a as start};
