import"./chunk-SCEAZOK6.js";import"./chunk-FJMBMZQF.js";import"./chunk-SMKYMQY4.js";import"./chunk-PL2U645F.js";import"./chunk-HG43B5DS.js";
