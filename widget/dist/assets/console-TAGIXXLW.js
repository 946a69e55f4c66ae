import"./chunk-CWPOOAZJ.js";import"./chunk-G6KPHYIV.js";import"./chunk-TBRMKBQD.js";import"./chunk-PL2U645F.js";import"./chunk-HG43B5DS.js";
