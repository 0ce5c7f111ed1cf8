# Simulated readers ask gates, over HTTP.  A message is bytes, its answer a word:
# allow, replayed, inside, outside; done, final, unknown; busy: ask again.
# docs/directives.md, "healthcode_passage".

package Healthcode::Live::Passage::Gates;

use strict;
use warnings;

# new(addresses => [SOCKETS])
sub new {
    my ($class, %opt) = @_;
    return bless {%opt}, $class;
}

# What is sent: enter or leave, confirm or annul; of this passage.
sub message {
    my ($self, $what, $p) = @_;
    my $hall = $p->{hall}{name};
    return "GET /$hall/$what?id=${\ $p->id} HTTP/1.1\r\nHost: hall\r\n\r\n"
        if $what =~ /^(confirm|annul)$/;
    my $way = $p->{way} eq 'i' ? 'in' : 'out';
    my $nonce = defined $p->{nonce} ? "X-Nonce: $p->{nonce}\r\n" : '';
    return "GET /$hall/door?way=$way HTTP/1.1\r\nHost: hall\r\nX-Lane: $p->{lane}\r\n"
        . "${nonce}Authorization: Bearer $p->{code}{text}\r\n\r\n";
}


my %WORD = (200 => 'allow', 204 => 'done', 404 => 'unknown', 409 => 'final', 503 => 'busy');

sub answer {
    my ($self, $in) = @_;
    my $head = index $$in, "\r\n\r\n";
    return undef if $head < 0;
    my ($body) = $$in =~ /\r\nContent-Length: (\d+)/i;
    return undef if length $$in < $head + 4 + ($body // 0);
    my ($status) = $$in =~ /^HTTP\/1\.1 (\d+)/;
    my ($reason) = $$in =~ /\r\nX-Passage: (\w+)/;
    $$in = '';
    return $status == 403 && ($reason // '') =~ /^(replayed|inside|outside)$/ ? $1
        : $WORD{$status // 0} // "$status " . ($reason // '');
}

1;
