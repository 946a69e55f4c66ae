import"./chunk-G3UFNHJR.js";import"./chunk-MFMYYNFE.js";import"./chunk-WKDXPEZW.js";import"./chunk-ACJ6ZCAX.js";import"./chunk-ZGKXMNEZ.js";
