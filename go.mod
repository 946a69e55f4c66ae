module github.com/pealchat/pealchat

go 1.26.0
