import{X as a}from"./chunk-MU3NMSJO.js";export{a as start};
