import"./chunk-FPDRNRBP.js";import"./chunk-F3MDURVX.js";import"./chunk-EWOJBX2J.js";import"./chunk-5AL7ICQV.js";
