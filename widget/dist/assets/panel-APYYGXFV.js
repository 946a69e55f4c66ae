import{Q as a}from"./chunk-CBT73TMN.js";export{a as start};
