if !has('vim9script') || v:versionlong < 9000622
  echomsg 'envlsp: this Vim is older than 9.0.622; it covers no value and has no :Env command'
  finish
endif
vim9script noclear
# What is there from the start: which files are env files, their covers, and the commands.
if exists('g:loaded_envlsp')
  finish
endif
g:loaded_envlsp = true

import autoload 'envlsp/masks.vim'
import autoload 'envlsp/private.vim'
import autoload 'envlsp/documents.vim'
import autoload 'envlsp/named.vim'
import autoload 'envlsp/commands.vim'

augroup envlsp
  autocmd!
  # Before the file is read, so that no copy of it is begun; and covered before it is drawn.
  autocmd BufReadPre,BufNewFile,BufFilePost {.[eE][nN][vV],.[eE][nN][vV].*,*.[eE][nN][vV],*.[eE][nN][vV]~} private.Guard(expand('<abuf>')->str2nr())
  autocmd BufRead,BufNewFile,BufFilePost {.[eE][nN][vV],.[eE][nN][vV].*,*.[eE][nN][vV],*.[eE][nN][vV]~} setlocal filetype=env
  # Of files with other names the server tells.
  autocmd BufReadPre,BufNewFile,BufFilePost * named.Before(expand('<abuf>')->str2nr())
  autocmd BufRead,BufNewFile,BufFilePost * named.Take(expand('<abuf>')->str2nr())
  autocmd FileType env {
    const buffer = expand('<abuf>')->str2nr()
    private.Guard(buffer)
    masks.Cover(buffer)
    documents.Open(buffer)
  }
  # The file itself may say otherwise in a modeline, and so may any other plugin.
  autocmd OptionSet swapfile,undofile,complete private.Again(bufnr())
  autocmd BufWinEnter,BufEnter,InsertEnter,TextChanged,CursorMoved * private.Again(expand('<abuf>')->str2nr())
  autocmd BufWinEnter,WinNew,WinEnter,BufEnter,TabEnter,VimEnter * masks.Show()
  autocmd OptionSet conceallevel,concealcursor,foldtext masks.Show()
  autocmd BufWritePre * private.BeforeWrite(expand('<abuf>')->str2nr())
  autocmd BufWritePost * documents.Saved(expand('<abuf>')->str2nr())
  autocmd BufUnload * {
    const buffer = expand('<abuf>')->str2nr()
    documents.Close(buffer)
    masks.Forget(buffer)
  }
  autocmd BufReadCmd envlsp://* documents.Read(expand('<abuf>')->str2nr())
  autocmd BufWriteCmd envlsp://* documents.Write(expand('<abuf>')->str2nr())
augroup END

command! -nargs=? EnvPush commands.Run('push', {message: <q-args>})
command! -nargs=0 -bang EnvPull commands.Run('pull', {force: <bang>0 ? v:true : v:null})
command! -nargs=0 EnvStatus commands.Run('status', {})
command! -nargs=0 EnvLog commands.Run('log', {})
command! -nargs=? EnvDiff commands.Run('diff', {from: <q-args>})
command! -nargs=? EnvRollback commands.Run('rollback', {release: <q-args>})
command! -nargs=? EnvResolve commands.Run('resolve', {name: <q-args>})
command! -nargs=? EnvSwitch commands.Run('switch', {name: <q-args>})
command! -nargs=1 EnvSet commands.Run('set', {name: <q-args>})
command! -nargs=0 EnvSync commands.Run('sync', {})
command! -nargs=0 EnvLock commands.Run('lock', {})
command! -nargs=0 EnvUnlock commands.Run('unlock', {})
command! -nargs=0 EnvMask commands.Run('mask.toggle', {})
command! -nargs=0 EnvPresent commands.Run('presentation.toggle', {})
command! -nargs=? EnvReveal commands.Reveal(<q-args>)
command! -nargs=? EnvCopy commands.Copy(<q-args>)
