import"./chunk-APYEDGVF.js";import"./chunk-CW5TA3HM.js";import"./chunk-U3KUJ6HC.js";import"./chunk-MJYW3FDT.js";import"./chunk-Z6FSJZPB.js";
