import{X as a}from"./chunk-2K37DIKQ.js";export{a as start};
