-- Neovim keeps no copy of secrets on disk.
vim.bo.swapfile = false
vim.bo.undofile = false
