import"./chunk-5SESPMCF.js";import"./chunk-VX52RKTN.js";import"./chunk-3EMTRAOM.js";import"./chunk-A2T3XI5H.js";import"./chunk-ZGKXMNEZ.js";
