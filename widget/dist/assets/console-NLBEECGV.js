import"./chunk-AZUCSTD4.js";import"./chunk-3FQTTXYS.js";import"./chunk-NIL36PTM.js";import"./chunk-2YQLWIAB.js";import"./chunk-CLTVISPC.js";
