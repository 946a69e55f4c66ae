import"./chunk-QPGNRX7J.js";import"./chunk-RHNNTXPI.js";import"./chunk-IEPN5YWM.js";import"./chunk-CO5HY5LG.js";import"./chunk-WBIS33W2.js";
