# What is sent on one connection over HTTP/1: requests that are nearly right,
# and not.  Knows no socket.
# CONTRIBUTING.md, "Sanitizers and the attack".

package Healthcode::Attack::Http1;

use strict;
use warnings;

use Healthcode::Attack::Gate;


# The bytes of a connection: { pieces => [BYTES, ...], requests => N, end => HOW,
# honest => whether a valid code is among them }.  HOW is what is done after the
# last piece: wait, half (close), reset, leave.
sub connection {
    my ($gate, $random) = @_;
    my $honest = $random->once_in(8);
    my $n = $random->once_in(3) ? 1 + $random->below(20) : 1 + $random->below(3);
    my @requests = map { _request($gate, $random, $honest) } 1 .. $n;

    my $all = join '', @requests;
    $all = $random->mutate($all) if $random->once_in(8);
    my @pieces = $random->once_in(3) ? _cut($random, $all) : $all;
    return { pieces => \@pieces, requests => $n, honest => $honest,
             end => $random->pick(qw(wait wait wait half reset reset leave)) };
}


# In two to five pieces, so that a request stops anywhere.
sub _cut {
    my ($random, $text) = @_;
    my @pieces;
    for (1 .. 1 + $random->below(4)) {
        my $n = 1 + $random->below(length($text) || 1);
        push @pieces, substr $text, 0, $n, '';
    }
    return grep { length } @pieces, $text;
}


sub code {
    my ($gate, $random, $honest) = @_;
    return $honest && $random->below(3) ? $gate->good_code($random)
                                        : $gate->bad_code($random);
}


# Arguments: codes and others, a few or a flood.
sub arguments {
    my ($random, $code) = @_;
    my $what = $random->below(12);
    return '' if $what < 5;
    return "?code=$code" if $what < 8;
    return "?a=1&code=$code&b=2&code=$code" if $what == 8;
    return '?' . join '&', map {
        $random->pick("code=$code", 'code=', 'code', "%63ode=$code", 'a=b',
                      'code=%', 'code=%00', '=', 'Code=x', 'code=****', '&',
                      'to=/t', 'code=' . '%41' x 20) } 0 .. $random->below(9)
        if $what < 11;
    return '?' . join '&', map { $random->pick('code=x', 'code', 'a=%zz', '',
        "code=y$_") } 1 .. 1 + $random->below(2000);
}


sub uri {
    my ($random, $code) = @_;
    my $uri = $random->pick(@Healthcode::Attack::Gate::URIS);
    $uri = "/moved?to=" . $random->pick(@Healthcode::Attack::Gate::URIS)
        if $random->once_in(12);
    $uri .= arguments($random, $code) if $uri !~ /\?/;
    $uri = $random->pick('http://x', 'HTTP://localhost:80', 'http://[::1]')
         . $uri if $random->once_in(15);
    $uri = $random->mutate($uri) if $random->once_in(15);
    return $uri;
}


# Header lines of codes and of everything else, as [NAME, VALUE].
sub headers {
    my ($random, $code) = @_;
    my @all;
    my $times = $random->once_in(20) ? 20 : 1;
    for (1 .. $times) {
        my $what = $random->below(8);
        push @all, [ 'Authorization', "Bearer $code" ] if $what < 2;
        push @all, [ 'X-Code', "code $code" ] if $what == 2;
        push @all, [ 'Cookie', cookies($random, $code) ] if $what < 5;
        push @all, [ 'Authorization', 'Basic eDp5' ] if $what == 5;
        push @all, [ 'Referer', "http://x/?code=$code" ] if $what == 6;
    }
    push @all, [ 'If-Match', '"x"' ] if $random->once_in(8);
    push @all, [ 'Range', $random->pick('bytes=0-1', 'bytes=-1', 'bytes=0-0,1-2',
                                        'bytes=x') ] if $random->once_in(10);
    push @all, [ 'X-Real-IP', $random->pick('10.0.0.1', '::1', 'x', '10.0.0.2') ]
        if $random->once_in(6);
    push @all, [ 'X-' . ('h' x (1 + $random->below(60))),
                 'y' x $random->below(200) ]
        for 1 .. ($random->once_in(12) ? $random->below(120) : 0);
    push @all, [ 'X-Long', 'z' x $random->below(40000) ]
        if $random->once_in(25);
    push @all, [ 'Accept', 'application/json' ] if $random->once_in(4);
    push @all, [ 'Content-Type', $random->pick('application/x-www-form-urlencoded',
        'application/json', 'text/plain; charset=x', 'multipart/form-data', 'x') ]
        if $random->once_in(3);
    $_->[1] = $random->mutate($_->[1])
        for grep { $random->once_in(30) } @all;
    return @all;
}


sub cookies {
    my ($random, $code) = @_;
    my $n = $random->once_in(15) ? $random->below(300) : $random->below(5);
    return join $random->pick('; ', ';', ';;', ' ; ', ', '), map {
        $random->pick("code=$code", 'code=', 'code="' . $code . '"', 'code',
                      'a=b', 'Code=x', ' code =x', '=', "code=$code;", '"',
                      '$Version=1', 'x' x $random->below(30), 'code=****')
    } 0 .. $n;
}


# [header lines, body]
sub _body {
    my ($random, $code) = @_;
    my $n = $random->once_in(20) ? $random->below(90000) : $random->below(2000);
    my $body = $random->pick('x' x $n, "code=$code&a=1", "{\"code\":\"$code\"}",
                             "&a=%&code=$code&code=x" . '&' x $random->below(50),
                             $random->bytes($random->below(50)));
    $body = $random->mutate($body) if $random->once_in(6);
    my $length = length $body;
    my $what = $random->below(10);

    return ("Content-Length: $length", $body) if $what < 4;
    return ('Content-Length: ' . ($length + 1 + $random->below(1000)), $body)
        if $what == 4;
    return ('Content-Length: ' . $random->pick(0, -1, 'x', 99999999999,
                                               '5, 5', ''), $body)
        if $what == 5;
    return ("Content-Length: $length\r\nExpect: 100-continue", $body)
        if $what == 6;
    my $chunked = '';
    while (length $body) {
        my $chunk = substr $body, 0, 1 + $random->below(500), '';
        $chunked .= sprintf "%x%s\r\n%s\r\n", length $chunk,
            $random->pick('', '', '', ';a=b', ' ', ';' . 'x' x 100), $chunk;
    }
    $chunked .= $random->pick("0\r\n\r\n", "0\r\n\r\n", "0\r\nX: y\r\n\r\n",
                              '', "ffffffffffffffff\r\n", "-1\r\n", "x\r\n");
    return ('Transfer-Encoding: ' . $random->pick(('chunked') x 6,
        'Chunked', 'x', "chunked\r\nContent-Length: 3"), $chunked);
}


sub _request {
    my ($gate, $random, $honest) = @_;
    return "GET " . $random->pick(@Healthcode::Attack::Gate::OPENED)
         . " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
         . $gate->good_code($random) . "\r\n\r\n"
        if $honest && $random->below(3);
    my $code = code($gate, $random, $honest);
    my $method = $random->pick(('GET') x 8, qw(POST POST PUT HEAD OPTIONS DELETE
                               TRACE PROPFIND CONNECT X get PRI));
    my $uri = uri($random, $code);
    my $version = $random->pick(('HTTP/1.1') x 40, ('HTTP/1.0') x 4,
                                'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.10', 'x', '');
    my @lines = map { "$_->[0]: $_->[1]" } headers($random, $code);
    my $body = '';
    if ($random->once_in($method eq 'POST' || $method eq 'PUT' ? 1 : 8)) {
        (my $line, $body) = _body($random, $code);
        push @lines, $line;
    }
    push @lines, 'Connection: ' . $random->pick('close', 'keep-alive',
        'upgrade', 'x, close') if $random->once_in(4);
    my $end = $random->once_in(40) ? "\n" : "\r\n";
    my $request = join($end, "$method $uri $version",
        $random->once_in(30) ? () : 'Host: ' . $random->pick(
            ('localhost') x 20, 'x:1', '[::1]', '', 'a..b', "\x80"),
        @lines) . "$end$end$body";
    return $random->once_in(10) ? $random->mutate($request) : $request;
}

1;
