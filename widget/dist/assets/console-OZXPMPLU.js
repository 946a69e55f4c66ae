import"./chunk-EEI7BXBK.js";import"./chunk-KQZ3WD37.js";import"./chunk-SC6UZKXR.js";import"./chunk-ACJ6ZCAX.js";import"./chunk-ZGKXMNEZ.js";
