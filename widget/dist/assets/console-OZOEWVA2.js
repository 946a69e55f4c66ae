import"./chunk-6D3UQX7F.js";import"./chunk-EHOV7VLQ.js";import"./chunk-T3PR2DKE.js";import"./chunk-PL2U645F.js";import"./chunk-HG43B5DS.js";
