import"./chunk-2WUPAYNB.js";import"./chunk-JS6B5AHB.js";import"./chunk-32I7CDQC.js";import"./chunk-HSRL7GEF.js";import"./chunk-O6TJHFSD.js";
