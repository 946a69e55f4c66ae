import"./chunk-67FMOXYZ.js";import"./chunk-SN4EMPHD.js";import"./chunk-QT6LSKX3.js";import"./chunk-PL2U645F.js";import"./chunk-HG43B5DS.js";
