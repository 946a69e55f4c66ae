import{X as a}from"./chunk-JBDUEM5V.js";export{a as start};
