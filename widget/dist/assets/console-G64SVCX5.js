import"./chunk-TEBUVSBO.js";import"./chunk-K6XPAOCU.js";import"./chunk-W4FVULS3.js";import"./chunk-Z3EU7JXS.js";import"./chunk-O6TJHFSD.js";
