import{X as a}from"./chunk-DKKG3N4L.js";export{a as start};
