import"./chunk-N46COLGE.js";import"./chunk-CBTX4FLW.js";import"./chunk-GRXRD2HT.js";import"./chunk-Z5Y4RA5P.js";import"./chunk-ZGKXMNEZ.js";
