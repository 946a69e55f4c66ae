import{X as a}from"./chunk-VJIMKNG7.js";export{a as start};
