import"./chunk-JDSJ7Z4U.js";import"./chunk-25BMUYO3.js";import"./chunk-IWNUDXIJ.js";import"./chunk-JRPOBVI5.js";import"./chunk-RDGTQJ3Q.js";
