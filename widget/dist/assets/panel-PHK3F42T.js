import{Q as a}from"./chunk-URROKFDA.js";export{a as start};
