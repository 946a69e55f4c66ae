import"./chunk-THBMUQPG.js";import"./chunk-MSDQB5MU.js";import"./chunk-62RDRLRN.js";import"./chunk-PL2U645F.js";import"./chunk-HG43B5DS.js";
