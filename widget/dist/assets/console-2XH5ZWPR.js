import"./chunk-2Q3XKM3Y.js";import"./chunk-H7CJ2XIO.js";import"./chunk-7OXLKRMS.js";import"./chunk-XFIUZQCT.js";import"./chunk-GOWOVWJF.js";
