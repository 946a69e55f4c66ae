import"./chunk-LE5QVZPU.js";import"./chunk-5FRJH2QG.js";import"./chunk-NK2QGASQ.js";import"./chunk-HSXFCQOL.js";import"./chunk-HG43B5DS.js";
