import"./chunk-35SJQ5AQ.js";import"./chunk-HS2ZLSBL.js";import"./chunk-5JDTGKQK.js";import"./chunk-RGIDOGSG.js";import"./chunk-DV67D6CA.js";
