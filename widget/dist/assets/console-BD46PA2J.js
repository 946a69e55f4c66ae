import"./chunk-J7IZQ3PI.js";import"./chunk-ASZDVLFP.js";import"./chunk-2C2QC7WS.js";import"./chunk-XTZQZANW.js";import"./chunk-KWC42UXT.js";
