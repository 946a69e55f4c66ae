import{X as a}from"./chunk-URU27S5M.js";export{a as start};
