import"./chunk-7RX76DL5.js";import"./chunk-KPHQQ3UL.js";import"./chunk-23H6MYAR.js";import"./chunk-HSXFCQOL.js";import"./chunk-HG43B5DS.js";
