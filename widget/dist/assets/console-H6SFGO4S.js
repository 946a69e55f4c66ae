import"./chunk-MBHYISDZ.js";import"./chunk-JCZDK3UT.js";import"./chunk-54R7TM75.js";import"./chunk-Z5Y4RA5P.js";import"./chunk-ZGKXMNEZ.js";
