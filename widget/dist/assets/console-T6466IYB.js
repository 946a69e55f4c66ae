import"./chunk-VPKEE4UH.js";import"./chunk-DV7EUG5J.js";import"./chunk-PC3EGSOF.js";import"./chunk-ZZZBSI7J.js";import"./chunk-XDRCGGPH.js";
